import importlib.resources
import sys

from .parts import price
from loose import thing

greeting = importlib.resources.files("shop").joinpath("greeting.txt").read_text(encoding="utf-8")
print(greeting.strip(), price(6), thing.NAME, __name__, __package__, sys.argv[1:])
sys.exit(int(sys.argv[1]) if sys.argv[1:] else 0)
