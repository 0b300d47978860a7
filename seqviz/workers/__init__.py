"""Where long work computes: in processes of this machine, on a Dask cluster, or in the calling thread."""
