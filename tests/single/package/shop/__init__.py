"""An application with a resource, a relative import and a namespace."""
