"""Models as ONNX graphs, from raw columns to predictions."""
