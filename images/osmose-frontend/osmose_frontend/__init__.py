"""The front end of the osmose blueprint: the application's state, rendered on the server."""
