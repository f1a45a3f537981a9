def _relocate(variables):
    """The paths above were recorded for /install: say where this file is."""
    try:
        path = __file__
    except NameError:
        return
    import os

    prefix = os.path.abspath(path)
    for _ in range(3):  # PREFIX/lib/pythonX.Y/this file
        prefix = os.path.dirname(prefix)
    for name, value in variables.items():
        if isinstance(value, str) and "/install" in value:
            variables[name] = value.replace("/install", prefix)


_relocate(build_time_vars)
