#include "kernels/sampling/sampling_entries.hpp"

K_HOST_ENTRIES(sampling)
