/** Types generated for queries found in "sql/channels.sql" */
import { PreparedQuery } from '@pgtyped/runtime';

/** 'ChannelOf' parameters type */
export interface IChannelOfParams {
  topic: string;
}

/** 'ChannelOf' return type */
export interface IChannelOfResult {
  channel: string;
}

/** 'ChannelOf' query type */
export interface IChannelOfQuery {
  params: IChannelOfParams;
  result: IChannelOfResult;
}

const channelOfIR: any = {"usedParamSet":{"topic":true},"params":[{"name":"topic","required":true,"transform":{"type":"scalar"},"locs":[{"a":32,"b":38}]}],"statement":"select bulkhead_private.channel(:topic!) as \"channel!\""};

/**
 * Query generated from SQL:
 * ```
 * select bulkhead_private.channel(:topic!) as "channel!"
 * ```
 */
export const channelOf = new PreparedQuery<IChannelOfParams,IChannelOfResult>(channelOfIR);


