#include "kernels/token_bitmask/token_bitmask_entries.hpp"

K_HOST_ENTRIES(token_bitmask)
