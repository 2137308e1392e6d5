# Reads a disassembly by llvm-objdump, or PTX. Prints "<kernel> -" for each kernel and "<kernel> <type>"
# for each kernel and type of which it multiplies 16 x 16 x 16 tiles.
function of_kernel(name) { kernel = name; seen[kernel " -"] = 1 }
/^[0-9a-f]+ <[^>]*>:$/ { name = $2; gsub(/[<>:]/, "", name); of_kernel(name) }
/\.entry / { name = $0; sub(/.*\.entry /, "", name); sub(/[( ].*/, "", name); of_kernel(name) }
/v_mfma_f32_16x16x16|v_wmma_f32_16x16x16|mma\.sync\.aligned\.m16n8k16\.row\.col\.f32/ {
  seen[kernel " " ($0 ~ /bf16/ ? "bf16" : "f16")] = 1
}
END { for (line in seen) print line }
