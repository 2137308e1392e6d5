// kernelgate devices: what this machine can run kernels on.
#include <dlfcn.h>
#include <fmt/format.h>
#include <unistd.h>

#include "harness/cli/session.hpp"
#include "harness/records/environment.hpp"
#include "harness/timing/roof.hpp"

namespace kernelgate {
namespace {

// Asks a vendor's runtime how many devices it sees, without linking it.
std::string vendor_devices(const char* library, const char* function) {
  void* handle = dlopen(library, RTLD_LAZY | RTLD_LOCAL);
  if (handle == nullptr) return fmt::format("none: {} is not installed", library);
  using Count = int (*)(int*);
  const auto count_devices = reinterpret_cast<Count>(dlsym(handle, function));
  int count = 0;
  if (count_devices == nullptr) return fmt::format("none: {} has no {}", library, function);
  const int code = count_devices(&count);
  if (code != 0) return fmt::format("none: {} answered error {}", function, code);
  return fmt::format("{} device(s)", count);
}

}  // namespace

void add_devices_command(CLI::App& app, Session& session) {
  CLI::App* command = app.add_subcommand("devices", "What this machine can run kernels on");
  command->footer("Example: kernelgate devices");
  command->callback([&session] {
    const HostExecutor executor(session.threads);
    const Environment environment = detect_environment();
    const double memory =
        static_cast<double>(sysconf(_SC_PHYS_PAGES)) * static_cast<double>(sysconf(_SC_PAGESIZE));
    fmt::print("host     {}, {} cores, {:.1f} GB memory, {:.1f} MB last-level cache\n",
               environment.cpu, environment.cores, 1e-9 * memory,
               1e-6 * static_cast<double>(last_level_cache_bytes()));
    fmt::print("kokkos   {}\n", host_executor_in_words());
    fmt::print("cuda     {}\n", vendor_devices("libcuda.so.1", "cuDeviceGetCount"));
    fmt::print("hip      {}\n", vendor_devices("libamdhip64.so", "hipGetDeviceCount"));
  });
}

}  // namespace kernelgate
