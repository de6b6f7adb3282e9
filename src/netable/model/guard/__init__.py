"""What a model keeps of its training rows, and how other rows compare with them."""
