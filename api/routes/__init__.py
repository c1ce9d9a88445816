"""The routes by noun; each only translates between HTTP and one façade of the core."""
