// kernelgate devices: what this machine can run kernels on, and the profiles that stand for the
// others.
#include <dlfcn.h>
#include <fmt/format.h>
#include <unistd.h>

#include <memory>

#include "harness/cli/session.hpp"
#include "harness/devices/profile.hpp"
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

void print_profiles() {
  fmt::print("\n{:<16} {:<8} {:>4} {:>8} {:>8} {:>8} {:>6} {:>9} {:>6} {:>7} {:>6}  {}\n",
             "profile", "compiler", "wave", "LDS B", "without", "LDS a", "regs a", "regs a",
             "waves", "threads", "banks", "matrix");
  fmt::print("{:<16} {:<8} {:>4} {:>8} {:>8} {:>8} {:>6} {:>9} {:>6} {:>7}\n", "", "target", "",
             "a block", "opt-in", "cu", "thread", "cu", "a cu", "a block");
  for (const DeviceProfile& p : device_profiles()) {
    fmt::print("{:<16} {:<8} {:>4} {:>8} {:>8} {:>8} {:>6} {:>9} {:>6} {:>7} {:>6}  {}\n", p.name,
               p.arch, p.wave, p.lds_bytes, p.lds_default_bytes, p.lds_per_cu,
               p.max_regs_per_thread, p.regs_per_cu, p.waves_per_cu, p.max_threads, p.lds_banks,
               name(p.matrix));
  }
  fmt::print("Every number with its source: kernelgate devices --profile NAME\n");
}

void print_profile(const DeviceProfile& profile) {
  for (const ProfileFact& fact : profile_facts()) {
    if (fact.profile != profile.name) continue;
    fmt::print("{:<24} {:>12}  {}\n", fact.field, fact.value, fact.source);
  }
}

}  // namespace

void add_devices_command(CLI::App& app, Session& session) {
  CLI::App* command = app.add_subcommand(
      "devices", "What this machine can run kernels on, and the profiles of other devices");
  command->footer("Example: kernelgate devices --profile amd-gfx942");
  auto profile = std::make_shared<std::string>();
  command->add_option("--profile", *profile, "Every number of this profile, with its source");
  command->callback([&session, profile] {
    if (!profile->empty()) return print_profile(device_profile(*profile));
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
    print_profiles();
  });
}

}  // namespace kernelgate
