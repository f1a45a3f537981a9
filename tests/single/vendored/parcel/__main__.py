import inspect
import os
import pkgutil
import sys
import warnings

here = os.path.dirname(__file__)
sys.path += [os.path.join(here, "_vendor"), os.path.join(here, "plug-ins")]

import boxes
import boxes.lid
import late
import odd.deep
import tape

# Modules with two names are two modules.
import parcel._vendor.tape

assert parcel._vendor.tape is not tape and tape.__name__ == "tape"
assert boxes.__file__ == os.path.join(here, "_vendor", "boxes", "__init__.py"), boxes.__file__
assert boxes.__path__ == [os.path.dirname(boxes.__file__)], boxes.__path__
assert boxes.lid.__spec__.parent == "boxes" and boxes.lid.SIZE == boxes.SIZE
assert late.__file__ == os.path.join(here, "plug-ins", "late.py"), late.__file__
assert odd.__spec__.origin is None and odd.deep.NAME == "odd.deep"
assert inspect.getsource(tape.stick).startswith("def stick("), inspect.getsource(tape.stick)
assert inspect.getsource(late) == late.__loader__.get_source("late")
found = [name for _, name, _ in pkgutil.iter_modules([sys.path[-2]])]
assert found == ["boxes", "tape"], found

# A package that looks for its modules elsewhere finds those, and not the ones that it had.
boxes.__path__ = [os.path.join(here, "plug-ins", "odd")]
del sys.modules["boxes.lid"]
import boxes.deep

assert boxes.deep.NAME == "boxes.deep"
try:
    import boxes.lid
except ModuleNotFoundError:
    pass
else:
    raise AssertionError(boxes.lid)

warnings.warn("this line is shown")
tape.stick(0)  # and this one
