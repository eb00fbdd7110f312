/**
 * Reverse-mode differentiation of ONNX graphs. Enter at {@link dev.sampo.training.autodiff.Autodiff}; one
 * {@link dev.sampo.training.autodiff.GradientRule} an operator, grouped in files by kind.
 */
@NullMarked
package dev.sampo.training.autodiff;

import org.jspecify.annotations.NullMarked;
