import { Help, type HelpConfiguration, type Option } from 'commander';

/** A flag that is off and a list that is empty are no news: only defaults that say something are shown. */
export const HELP: HelpConfiguration = {
  optionDescription(option: Option): string {
    const { defaultValue } = option as { readonly defaultValue?: unknown };
    const saysNothing = defaultValue === false || (Array.isArray(defaultValue) && defaultValue.length === 0);
    return saysNothing ? option.description : Help.prototype.optionDescription.call(this, option);
  },
};
