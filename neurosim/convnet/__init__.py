"""The ConvNet side of neurosim: files of weights and images, and the rectifiers as activations."""
