"""Training and prediction speed at equal work beside other libraries."""
