"""An edition's folder and texts, read into a document of blocks, with every error and its line."""
