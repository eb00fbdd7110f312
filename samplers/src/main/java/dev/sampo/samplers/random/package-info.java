/** Random streams that repeat PyTorch's and NumPy's. */
@NullMarked
package dev.sampo.samplers.random;

import org.jspecify.annotations.NullMarked;
