"""An application with modules in directories that it puts on sys.path itself."""
