#include "tests/planted/schedule_kernels.hpp"

K_HOST_ENTRIES(schedule)
