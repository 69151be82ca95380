"""Running the service: faults that pass, probes, measurements, logs. Edges use it; it knows no edge."""
