"""The product's own ideas, pure: no IO, no clock reads, no await, standard library (and dateutil, zoneinfo) only."""
