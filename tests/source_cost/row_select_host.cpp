#include "tests/source_cost/row_select_kernel.hpp"

K_HOST_ENTRIES(row_select)
