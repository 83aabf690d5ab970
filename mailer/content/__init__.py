"""An edition's text becomes blocks, then HTML and plain text."""
