#include "kernels/linear_w4/linear_w4_entries.hpp"

K_HOST_ENTRIES(linear_w4)
