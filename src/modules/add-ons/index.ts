export { AddOnRow } from './add-on.entity.ts';
export { findAddOn } from './add-ons.queries.ts';
export { AddOnsModule } from './add-ons.module.ts';
