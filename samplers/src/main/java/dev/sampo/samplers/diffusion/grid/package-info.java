/** Which times of training a run visits and with which noise levels: tables of betas, spacings, ladders, shifts. Not exported. */
@NullMarked
package dev.sampo.samplers.diffusion.grid;

import org.jspecify.annotations.NullMarked;
