"""The reference application of the osmose blueprint: documents in, a graph of concepts and their vectors out."""
