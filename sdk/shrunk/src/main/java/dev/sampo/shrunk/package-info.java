/**
 * What three kinds of apps call: text ({@link dev.sampo.shrunk.TextApp}), diffusion ({@link dev.sampo.shrunk.DiffusionApp}) and both with
 * GANs, a VAE and training ({@link dev.sampo.shrunk.EverythingApp}). R8 starts from their {@code main} methods.
 */
@NullMarked
package dev.sampo.shrunk;

import org.jspecify.annotations.NullMarked;
