// Opens the executors by the backend's name.
#include <fmt/format.h>

#include "harness/cli/virtual_runs.hpp"
#include "harness/core/error.hpp"
#include "harness/native/device.hpp"

namespace kernelgate {

std::unique_ptr<NativeDevice> open_virtual_device(Backend backend, const DeviceProfile& profile,
                                                  std::uint64_t, SourceFlavour) {
  throw BadInput(fmt::format("this build has no executor of backend {} for device {}",
                             name(backend), profile.name));
}

}  // namespace kernelgate
