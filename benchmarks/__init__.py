"""What speed costs and is, measured on the machine at hand: ratios between things run side by side, never a pass or fail."""
