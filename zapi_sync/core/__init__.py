"""The pure core: values in, values out; no file, no network, no clock."""
