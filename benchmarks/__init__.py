"""What zapi-sync costs, as ratios against floors and peers: `make bench`."""
