#include "harness/native/plan.hpp"

#include <fmt/format.h>

namespace kernelgate {

std::string no_device_text(Backend backend) {
  const bool real = backend == Backend::cuda || backend == Backend::hip;
  return real ? fmt::format("no device of backend {} is open", name(backend))
              : fmt::format(
                    "runs on a virtual device, and none is open: the options --backend {} --device "
                    "PROFILE open one",
                    name(backend));
}

}  // namespace kernelgate
