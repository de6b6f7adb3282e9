"""Models as folders of plain PyTorch: a script to read and to train on, its weights, and a program for CSV files."""
