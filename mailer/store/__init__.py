"""All that knows Redis: one module per thing kept, every key named in `keys`."""
