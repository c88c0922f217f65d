"""What the product is made and measured with: data, training, evaluation, demo, benchmarks.  Never in the zip."""
