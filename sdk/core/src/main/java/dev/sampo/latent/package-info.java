/** GAN, VAE, autoencoder and other latent models. */
@NullMarked
package dev.sampo.latent;

import org.jspecify.annotations.NullMarked;
