#include "harness/model/kernel_session.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <utility>

#include "harness/core/backend.hpp"
#include "harness/core/temporary_folder.hpp"
#include "harness/devices/profile.hpp"
#include "harness/run/progress.hpp"

namespace kernelgate {

void KernelChoice::check_reference() const {
  if (resident_experts == 0) return;
  throw BadInput(
      "--resident-experts: the scalar reference reads weights where they lie; expected another "
      "--backend");
}

std::vector<std::string> KernelChoice::words() const {
  std::vector<std::string> list{"--backend", backend};
  for (const std::string& variant : variants) list.insert(list.end(), {"--variant", variant});
  if (parse_backend(backend) == Backend::source) {
    list.insert(list.end(), {"--device", device, "--schedule-seed", std::to_string(schedule_seed)});
    if (unchecked) list.emplace_back("--unchecked");
  }
  if (resident_experts > 0) {
    list.insert(list.end(), {"--resident-experts", std::to_string(resident_experts)});
  }
  if (!expert_folder.empty()) list.insert(list.end(), {"--expert-folder", expert_folder});
  return list;
}

NativeDevice* KernelSession::open_device(const Session& session, const KernelChoice& choice,
                                         Backend backend) {
  if (backend == Backend::kokkos) return nullptr;
  const Variant* first = nullptr;
  for (const Kernel& kernel : session.registry().kernels()) {
    for (const Variant& variant : kernel.variants) {
      if (variant.backend == backend && first == nullptr) first = &variant;
    }
  }
  if (first == nullptr) {
    throw NoDevice(fmt::format("no kernel of this build runs on the backend {} (presets: README)",
                               choice.backend));
  }
  if (is_virtual(backend)) {
    ExecutorOptions executor;
    if (choice.unchecked) executor.build_mode = SourceBuildMode::plain;
    executor_ =
        open_virtual_device(backend, device_profile(choice.device), choice.schedule_seed, executor);
    return executor_.get();
  }
  if (const auto missing = gpus_.emplace().missing_for(*first)) throw NoDevice(*missing);
  return gpus_->device_of(*first);
}

KernelSession::KernelSession(const Session& session, const KernelChoice& choice,
                             const ModelSource& source, const QuantiseChoice& quantise,
                             Originals originals)
    : choice_(choice) {
  quantise.parse();  // rejects a bad choice before weights are loaded
  const auto backend = parse_backend(choice.backend);
  if (!backend || *backend == Backend::reference) {
    throw BadInput("--backend: expected one with kernels, got " + choice.backend);
  }
  host_ = std::make_unique<HostExecutor>(session.threads);
  NativeDevice* device = open_device(session, choice, *backend);
  model::Operations operations(session.registry(), *backend,
                               *backend == Backend::kokkos && host_executor_shares_memory(),
                               choice.variants, device);
  checkpoint_ = source.load();
  take_weights(source, quantise, originals);
  const SkipRule skip = reference::parse_skip_rule(source.skip);
  model_ = std::make_unique<model::KernelModel>(checkpoint_.config, *weights_, skip,
                                                std::move(operations));
  model_->use_offload(offload_.get());
}

void KernelSession::offload_experts(const ModelSource& source, const QuantiseChoice& quantise) {
  if (quantise.asked()) {
    throw BadInput(
        "--resident-experts: unsupported with --quantise: the file holds experts in the storage "
        "type; expected one of the two");
  }
  const reference::ModelConfig& c = checkpoint_.config;
  Progress progress("experts to a file", c.num_blocks() * c.num_experts);
  model::ExpertFolder folder{choice_.expert_folder, "--expert-folder " + choice_.expert_folder};
  if (choice_.expert_folder.empty()) {
    folder.path = temporary_folder("or give --expert-folder");
    folder.name = "folder for temporary files " + folder.path.string();
  }
  model::ExpertFile file(c, checkpoint_.weights, source.storage(checkpoint_), folder,
                         [&] { progress.step("written"); });
  progress.finish();
  offload_ = std::make_unique<model::ExpertOffload>(std::move(file), choice_.resident_experts);
}

void KernelSession::take_weights(const ModelSource& source, const QuantiseChoice& quantise,
                                 Originals originals) {
  model::QuantisedLoading loading;
  loading.how = quantise.parse();
  std::optional<Progress> progress;
  if (quantise.asked()) {
    progress.emplace("quantise", 100);
    loading.made = [&progress, shown = std::int64_t{0}](std::int64_t done,
                                                        std::int64_t total) mutable {
      for (; shown < done * 100 / total; ++shown) {
        progress->step(fmt::format("{:.2f} of {:.2f} billion weights",
                                   1e-9 * static_cast<double>(done),
                                   1e-9 * static_cast<double>(total)));
      }
    };
  }
  if (originals == Originals::given_up) {
    // Synthetic tensors each own their memory; a mapped file is not freed.
    loading.done_with = [this](const std::byte* start) {
      std::erase_if(checkpoint_.weights.owners,
                    [&](const auto& owner) { return owner.get() == start; });
    };
  }
  if (choice_.resident_experts > 0) {
    offload_experts(source, quantise);
    loading.without_experts = true;
  }
  const bool drop = reference::parse_skip_rule(source.skip) == SkipRule::drop;
  weights_ = std::make_unique<model::KernelWeights>(checkpoint_.config, checkpoint_.weights,
                                                    source.storage(checkpoint_), drop, loading);
  if (progress) progress->finish();
}

std::string KernelSession::describe() const {
  std::string where = host_executor_text();
  if (executor_) where = fmt::format("{}, schedule {}", choice_.device, choice_.schedule_seed);
  if (gpus_) where = "this machine's GPU";
  std::string quantised = weights_->quantisation().describe();
  if (offload_) {
    quantised =
        fmt::format("{} of {} experts in memory, {:.1f} MB of {:.1f} MB", offload_->resident(),
                    offload_->all_experts(), 1e-6 * static_cast<double>(offload_->resident_bytes()),
                    1e-6 * static_cast<double>(offload_->file_bytes()));
  }
  return fmt::format("backend {} ({}), {}{}{}", choice_.backend, where, name(weights_->type()),
                     quantised.empty() ? "" : ", ", quantised);
}

std::string describe(const model::OffloadCounts& counts) {
  return fmt::format(
      "experts requested {}: {:.1f} % were in memory; {} copied from the file, {:.3f} MB",
      counts.hits + counts.misses, 100 * counts.hit_rate(), counts.misses,
      1e-6 * static_cast<double>(counts.bytes));
}

}  // namespace kernelgate
