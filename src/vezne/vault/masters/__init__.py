"""Where the master key comes from: a file, custodians' shares, a device, a cloud's key service."""
