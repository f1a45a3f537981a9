from . import SIZE
