#include "tests/planted/counter_kernels.hpp"

K_HOST_ENTRIES(counters)
