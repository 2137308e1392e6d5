#include "kernels/residual_norm/residual_norm_entries.hpp"

K_HOST_ENTRIES(residual_norm)
