"""Server-side scripts: one named `.lua` file each, loaded by name."""
