// linear with oneDNN's inner product. `baseline/onednn` passes the weight as the checkpoint stores
// it, so the library's repacking is part of its time; `baseline/onednn-packed` lets the library
// choose a layout and repacks once, before any timing.
#include <oneapi/dnnl/dnnl.hpp>

#include "kernels/common/cpu/onednn_engine.hpp"
#include "kernels/linear/linear.hpp"

namespace kernelgate {
namespace {

using dnnl::memory;

enum class WeightLayout { as_stored, library_choice };

dnnl::inner_product_forward::primitive_desc describe(const LinearCase& c, WeightLayout layout) {
  const memory::dims x{c.tokens, c.in}, w{c.out, c.in}, y{c.tokens, c.out};
  const auto type = onednn_type(c.type);
  const auto weight_tag =
      layout == WeightLayout::as_stored ? memory::format_tag::ab : memory::format_tag::any;
  return {dnnl::inner_product_forward::desc(
              dnnl::prop_kind::forward_inference, {x, type, memory::format_tag::ab},
              {w, type, weight_tag}, {y, onednn_type(c.output_type()), memory::format_tag::ab}),
          onednn_engine()};
}

std::unique_ptr<Launch> prepare(const LinearCase& c, TensorSet& tensors, WeightLayout layout) {
  const auto description = describe(c, layout);
  dnnl::stream stream(onednn_engine());
  const memory x(description.src_desc(), onednn_engine(), tensors["x"].data());
  const memory y(description.dst_desc(), onednn_engine(), tensors["y"].data());
  memory w({{c.out, c.in}, onednn_type(c.type), memory::format_tag::ab}, onednn_engine(),
           tensors["w"].data());
  if (description.weights_desc() != w.get_desc()) {
    memory packed(description.weights_desc(), onednn_engine());
    dnnl::reorder(w, packed).execute(stream, w, packed);
    stream.wait();
    w = packed;
  }
  const dnnl::inner_product_forward primitive(description);
  return make_launch([=]() mutable {
    primitive.execute(stream, {{DNNL_ARG_SRC, x}, {DNNL_ARG_WEIGHTS, w}, {DNNL_ARG_DST, y}});
    stream.wait();
  });
}

std::optional<std::string> unsupported_reason(const LinearCase& c, WeightLayout layout) {
  return onednn_unsupported_reason([&] { describe(c, layout); });
}

void add(Registry& registry, std::string name, std::string note, WeightLayout layout) {
  registry.add_variant<LinearCase>(
      {std::move(name), Backend::kokkos, std::move(note)},
      [=](const LinearCase& c, TensorSet& t) { return prepare(c, t, layout); },
      [=](const LinearCase& c) { return unsupported_reason(c, layout); });
}

}  // namespace

void register_linear_onednn(Registry& registry) {
  add(registry, "baseline/onednn", "oneDNN inner product, weight as stored",
      WeightLayout::as_stored);
  add(registry, "baseline/onednn-packed", "oneDNN inner product, weight repacked before timing",
      WeightLayout::library_choice);
}

}  // namespace kernelgate
