// Copyright 2026 the Convlab authors. MIT license.

/**
 * Convlab: convolutional networks on the CPU. Layers with their gradients, naive
 * and fast; a network and its training; data sets and figures.
 *
 * @example Convolve an image with a filter, and differentiate
 * ```ts
 * import { convBackwardFast, convForwardFast, RandomState, zeros } from "@convlab/convlab";
 * import { assertEquals } from "@std/assert";
 *
 * const random = new RandomState(231);
 * const x = random.randn([1, 3, 8, 8]);
 * const w = random.randn([4, 3, 3, 3]);
 * const { out, cache } = convForwardFast(x, w, zeros([4]), { stride: 1, pad: 1 });
 * const { dw } = convBackwardFast(out, cache);
 * assertEquals(dw.shape, [4, 3, 3, 3]);
 * ```
 *
 * @module
 */

export * from "./data/channel_statistics.ts";
export type { Augmentation } from "./data/augmentation.ts";
export * from "./data/batch_loader.ts";
export * from "./data/batch_sampler.ts";
export * from "./data/cifar10.ts";
export * from "./data/cifar10_format.ts";
export * from "./data/crop_to_square.ts";
export * from "./data/data_error.ts";
export * from "./data/data_set.ts";
export * from "./data/decode_image.ts";
export * from "./data/fashion_mnist.ts";
export * from "./data/get_cifar10_data.ts";
export * from "./data/idx.ts";
export * from "./data/describe_data.ts";
export * from "./data/download_data_set.ts";
export {
  downloadFile,
  type DownloadFileOptions,
} from "./data/download_file.ts";
export * from "./data/encode_idx.ts";
export * from "./data/fit_image.ts";
export * from "./data/encode_npy.ts";
export * from "./data/image.ts";
export { imageCacheFolder } from "./data/image_cache.ts";
export * from "./data/image_folder.ts";
export * from "./data/image_set.ts";
export * from "./data/load_data_set.ts";
export * from "./data/mean_image.ts";
export * from "./data/npy.ts";
export * from "./data/npz.ts";
export * from "./data/npz_data_set.ts";
export { encodePng } from "./data/png.ts";
export * from "./data/resize_image.ts";
export * from "./exchange/export_onnx.ts";
export * from "./exchange/import_weights.ts";
export * from "./exchange/state_dict.ts";
export * from "./data/split_by_class.ts";
export * from "./data/to_grayscale.ts";
export * from "./data/verify_data.ts";
export {
  type Connection,
  DataParallel,
  type DataParallelOptions,
} from "./distributed/data_parallel.ts";
export * from "./distributed/join_ranks.ts";
export {
  type Axis,
  type Chart,
  type Panel,
  type Series,
} from "./figures/chart.ts";
export * from "./figures/display.ts";
export * from "./figures/figure.ts";
export { type FigureStack } from "./figures/figure_stack.ts";
export { type FigureImage, type ImageFigure } from "./figures/image_figure.ts";
export {
  type MatrixAxis,
  type MatrixFigure,
  type MatrixValue,
} from "./figures/matrix_figure.ts";
export { previewFigure } from "./figures/preview_figure.ts";
export type { TerminalColors } from "./figures/ansi.ts";
export {
  canPreview,
  type Terminal,
  type TerminalGraphics,
  terminalOf,
} from "./figures/terminal.ts";
export * from "./figures/terminal_figure.ts";
export type { ThemeName } from "./figures/theme.ts";
export * from "./figures/visualize_grid.ts";
export {
  getThreads,
  type KernelReport,
  kernelReport,
  setThreads,
} from "./kernels/runtime.ts";
export * from "./layers/add.ts";
export * from "./layers/affine.ts";
export * from "./layers/affine_relu.ts";
export * from "./layers/avgpool.ts";
export * from "./layers/avgpool_fast.ts";
export * from "./layers/batchnorm.ts";
export * from "./layers/bn_relu.ts";
export * from "./layers/conv.ts";
export * from "./layers/conv_bn_relu.ts";
export * from "./layers/conv_fast.ts";
export * from "./layers/conv_relu.ts";
export * from "./layers/dropout.ts";
export * from "./layers/gelu.ts";
export * from "./layers/global_avgpool.ts";
export * from "./layers/groupnorm.ts";
export * from "./layers/leaky_relu.ts";
export * from "./layers/loss.ts";
export * from "./layers/pool.ts";
export * from "./layers/pool_fast.ts";
export * from "./layers/relu.ts";
export * from "./models/assign_parameters.ts";
export * from "./models/conv_net.ts";
export * from "./models/format_model.ts";
export * from "./models/from_three_layer.ts";
export * from "./models/layer_spec.ts";
export * from "./models/parse_model.ts";
export * from "./models/plan_model.ts";
export * from "./models/saliency.ts";
export * from "./models/three_layer_conv_net.ts";
export type { TensorDisplay } from "./numerics/display_tensor.ts";
export * from "./numerics/erf.ts";
export * from "./numerics/exp.ts";
export * from "./numerics/format.ts";
export * from "./numerics/gradient.ts";
export * from "./numerics/log.ts";
export * from "./numerics/random.ts";
export * from "./numerics/rel_error.ts";
export * from "./numerics/sum.ts";
export * from "./numerics/tensor.ts";
export * from "./training/atomic_file.ts";
export * from "./training/checkpoints.ts";
export * from "./training/decode_weights.ts";
export * from "./training/evaluate.ts";
export * from "./training/find_mistakes.ts";
export * from "./training/learned_parameters.ts";
export * from "./training/load_run.ts";
export * from "./training/clip_gradients.ts";
export * from "./training/early_stopping.ts";
export * from "./training/parse_schedule.ts";
export * from "./training/run_folder.ts";
export * from "./training/safetensors.ts";
export {
  checkSchedule,
  makeSchedule,
  type ScheduleConfig,
  type ScheduleKind,
} from "./training/schedule_config.ts";
export * from "./training/schedules.ts";
export * from "./training/gradient_reducer.ts";
export * from "./training/gradient_summary.ts";
export * from "./training/init_parameters.ts";
export * from "./training/non_finite_loss.ts";
export * from "./training/recipe.ts";
export * from "./training/recipe_training.ts";
export * from "./training/softmax.ts";
export * from "./training/solver.ts";
export * from "./training/solver_options.ts";
export type { SolverState } from "./training/solver_state.ts";
export { NonFiniteLossError } from "./training/non_finite_loss.ts";
export type { TrainingSpan } from "./training/training_span.ts";
export * from "./training/trained_network.ts";
export * from "./training/update_rules.ts";
export * from "./training/weight_average.ts";
export * from "./views/activations.ts";
export * from "./views/confusion.ts";
export * from "./views/curves.ts";
export * from "./views/dataset.ts";
export * from "./views/filters.ts";
export * from "./views/history.ts";
export * from "./views/gradients.ts";
export * from "./views/mistakes.ts";
export * from "./views/photos.ts";
export * from "./views/roofline.ts";
export * from "./views/saliency.ts";
