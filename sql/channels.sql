/* @name channelOf */
select bulkhead_private.channel(:topic!) as "channel!";
