#include "kernels/router/router_entries.hpp"

K_HOST_ENTRIES(router)
