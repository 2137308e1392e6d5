#include "kernels/top_k/top_k_entries.hpp"

K_HOST_ENTRIES(top_k)
