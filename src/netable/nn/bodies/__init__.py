"""Bodies: networks between the input layer and the output, one file each; `netable.config.bodies` lists them."""
