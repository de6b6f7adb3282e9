"""Members trained in stacks, blended and scored."""
