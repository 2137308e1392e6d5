#include "kernels/linear/linear_entries.hpp"

K_HOST_ENTRIES(linear)
